locals {
  name = "shop-${var.environment}"
  tags = merge({ Environment = var.environment, Owner = "shop" }, var.tags)
}

resource "aws_db_instance" "orders" {
  identifier            = local.name
  engine                = "postgres"
  engine_version        = "16.3"
  instance_class        = var.instance.class
  allocated_storage     = var.instance.storage
  max_allocated_storage = var.instance.storage * 5
  storage_encrypted     = var.instance.encrypted
  multi_az              = coalesce(var.instance.multi_az, var.environment == "prod")
  username              = "orders"
  password              = "not-a-real-one"
  skip_final_snapshot   = var.environment != "prod"
  deletion_protection   = var.environment == "prod" ? true : false
  tags                  = local.tags
}
