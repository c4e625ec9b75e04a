locals {
  classes = {
    small = "db.t4g.small"
    large = "db.r7g.xlarge"
  }
}

module "database" {
  source    = "../database"
  for_each  = var.databases
  name      = "${var.environment}-${each.key}"
  class     = local.classes[each.value.size]
  replicas  = each.value.replicas
  encrypted = var.environment == "prod"
}

output "classes" {
  value = { for name, database in module.database : name => database.class }
}
