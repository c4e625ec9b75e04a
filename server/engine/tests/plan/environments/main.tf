locals {
  workspace = "staging"
  defaults = {
    size    = "small"
    alarms  = false
    subnets = []
  }
  environments = {
    staging = {}
    prod    = { size = "large", alarms = true, subnets = ["10.0.1.0/24"] }
  }
  current = merge(local.defaults, local.environments[local.workspace])
  all     = { for name, e in local.environments : name => merge(local.defaults, e) }
}

module "environment" {
  for_each = local.all
  source   = "./environment"
  name     = each.key
  settings = each.value
}

resource "aws_cloudwatch_log_group" "current" {
  name              = "/${local.workspace}/${local.current.size}"
  retention_in_days = local.current.alarms ? 365 : 30
}

resource "aws_sns_topic" "alarms" {
  count = anytrue([for e in values(local.all) : e.alarms]) ? 1 : 0
  name  = "alarms-${length([for e in local.all : e if e.alarms])}"
}
