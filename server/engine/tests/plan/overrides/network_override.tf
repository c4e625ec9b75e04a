locals {
  public = false
}

resource "aws_db_instance" "main" {
  storage_encrypted = true
  tags              = { B = "2" }
}

resource "aws_instance" "main" {
  root_block_device {
    encrypted   = true
    volume_size = 40
  }
}
