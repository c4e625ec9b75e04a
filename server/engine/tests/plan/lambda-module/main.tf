module "hook" {
  source        = "./lambda"
  function_name = "hook"
  handler       = "index.handler"
  environment   = { STAGE = "prod", DEBUG = false }
  allowed_triggers = {
    api    = { service = "apigateway", source_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc/*" }
    config = { principal = "config.amazonaws.com" }
  }
}
