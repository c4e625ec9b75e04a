variable "name" {}
variable "transit" {
  type    = bool
  default = true
}
variable "auth_token" {
  type      = string
  default   = "not-a-real-token-1234"
  sensitive = true
}
variable "parameters" {
  type    = map(string)
  default = {}
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = var.name
  description                = "Cache ${title(var.name)}"
  engine                     = "redis"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  at_rest_encryption_enabled = true
  transit_encryption_enabled = var.transit
  auth_token                 = var.transit ? var.auth_token : null
  automatic_failover_enabled = true
  parameter_group_name       = one(aws_elasticache_parameter_group.this[*].name)
}

resource "aws_elasticache_parameter_group" "this" {
  count  = length(var.parameters) > 0 ? 1 : 0
  name   = var.name
  family = "redis7"
  dynamic "parameter" {
    for_each = [for k in sort(keys(var.parameters)) : { name = k, value = var.parameters[k] }]
    content {
      name  = parameter.value["name"]
      value = parameter.value["value"]
    }
  }
}
