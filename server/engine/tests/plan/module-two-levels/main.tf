module "platform" {
  source      = "./platform"
  environment = "staging"
  databases = {
    orders = { size = "small" }
    carts  = { size = "large", replicas = 2 }
  }
}

resource "aws_ssm_parameter" "endpoints" {
  for_each = module.platform.classes
  name     = "/db/${each.key}"
  type     = "String"
  value    = each.value
}
