resource "aws_kms_key" "orders" {
  description         = "Orders"
  enable_key_rotation = false
}

resource "aws_db_instance" "orders" {
  identifier                  = "orders"
  engine                      = "postgres"
  instance_class              = "db.m7g.large"
  allocated_storage           = 100
  username                    = "orders"
  manage_master_user_password = true
  storage_encrypted           = var.encrypted
}
