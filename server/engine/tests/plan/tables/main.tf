variable "tables" {
  type = list(object({
    name       = string
    key        = string
    attributes = map(string)
    indexes    = optional(list(object({ name = string, key = string, projection = optional(string, "ALL") })), [])
    ttl        = optional(string)
  }))
  default = [
    { name = "sessions", key = "id", attributes = { id = "S" }, ttl = "expires" },
    {
      name       = "orders"
      key        = "id"
      attributes = { id = "S", customer = "N" }
      indexes    = [{ name = "by-customer", key = "customer" }]
    },
  ]
}

resource "aws_dynamodb_table" "this" {
  for_each     = { for t in var.tables : t.name => t }
  name         = each.key
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value.key

  dynamic "attribute" {
    for_each = each.value.attributes
    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = each.value.indexes
    iterator = gsi
    content {
      name            = gsi.value.name
      hash_key        = gsi.value.key
      projection_type = gsi.value.projection
    }
  }

  dynamic "ttl" {
    for_each = each.value.ttl[*]
    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  server_side_encryption {
    enabled = true
  }

  point_in_time_recovery {
    enabled = each.key == "orders"
  }
}
