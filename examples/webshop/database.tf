resource "aws_db_instance" "orders" {
  identifier     = "${local.name}-orders"
  engine         = "postgres"
  engine_version = "14.13"
  instance_class = var.database.instance_class

  allocated_storage    = 200
  storage_encrypted    = var.database.encrypted
  publicly_accessible  = var.database.public
  multi_az             = local.is_prod
  parameter_group_name = aws_db_parameter_group.orders.name

  username = "orders"
  password = var.db_password

  backup_retention_period   = 14
  deletion_protection       = true
  final_snapshot_identifier = "${local.name}-orders-final"
}

resource "aws_db_parameter_group" "orders" {
  name   = "${local.name}-orders"
  family = "postgres14"

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
}
