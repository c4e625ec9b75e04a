locals {
  public = true
}

resource "aws_db_instance" "main" {
  identifier          = "main"
  engine              = "mysql"
  instance_class      = "db.t4g.small"
  allocated_storage   = 10
  publicly_accessible = local.public
  username            = "main"
  password            = "not-a-real-one"
  skip_final_snapshot = true
  tags                = { A = "1" }
}

resource "aws_instance" "main" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device {
    encrypted = false
  }
  ebs_block_device {
    device_name = "/dev/sdb"
    encrypted   = false
  }
}
