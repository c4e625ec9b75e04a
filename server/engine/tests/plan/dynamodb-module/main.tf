module "orders" {
  source    = "./table"
  name      = "orders"
  hash_key  = "id"
  range_key = "created"
  attributes = [
    { name = "id", type = "S" },
    { name = "created", type = "N" },
    { name = "customer", type = "S" },
  ]
  global_secondary_indexes = [
    { name = "by-customer", hash_key = "customer", projection_type = "INCLUDE", non_key_attributes = ["total"] },
  ]
  server_side_encryption_enabled     = true
  server_side_encryption_kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  ttl_enabled                        = true
  ttl_attribute_name                 = "expires"
}

module "counters" {
  source                         = "./table"
  name                           = "counters"
  hash_key                       = "name"
  attributes                     = [{ name = "name", type = "S" }]
  billing_mode                   = "PROVISIONED"
  read_capacity                  = 5
  write_capacity                 = 5
  autoscaling_read               = { max_capacity = 50 }
  timeouts                       = { create = "20m" }
  point_in_time_recovery_enabled = false
}
