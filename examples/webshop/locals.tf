locals {
  name    = "webshop-${var.environment}"
  is_prod = var.environment == "prod"

  tags = {
    Application = "webshop"
    Environment = var.environment
  }

  buckets = {
    assets   = { versioned = false }
    invoices = { versioned = true }
  }
}
