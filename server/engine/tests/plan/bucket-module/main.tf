module "logs" {
  source = "./bucket"
  bucket = "acme-logs"
  acl    = "log-delivery-write"
  versioning = {
    enabled    = true
    mfa_delete = false
  }
  lifecycle_rule = [
    {
      id      = "log"
      enabled = true
      filter  = { prefix = "log/" }
      transition = [
        { days = 30, storage_class = "ONEZONE_IA" },
        { days = 60, storage_class = "GLACIER" },
      ]
      noncurrent_version_expiration = { days = 300 }
    },
    {
      id         = "tmp"
      enabled    = false
      expiration = { days = "7" }
    },
  ]
  server_side_encryption_configuration = {
    rule = {
      apply_server_side_encryption_by_default = {
        sse_algorithm = "aws:kms"
      }
    }
  }
}

module "plain" {
  source                  = "./bucket"
  bucket                  = "acme-plain"
  block_public_acls       = false
  attach_deny_http_policy = true
}
