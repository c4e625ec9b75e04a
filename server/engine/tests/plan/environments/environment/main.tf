variable "name" {}

variable "settings" {
  type = object({
    size    = string
    alarms  = bool
    subnets = list(string)
  })
}

resource "aws_subnet" "this" {
  count      = length(var.settings.subnets)
  vpc_id     = "vpc-12345678"
  cidr_block = var.settings.subnets[count.index]
  tags       = { Name = "${var.name}-${count.index}" }
}

resource "aws_instance" "this" {
  ami                         = "ami-12345678"
  instance_type               = { small = "t3.small", large = "m7i.large" }[var.settings.size]
  monitoring                  = var.settings.alarms
  associate_public_ip_address = length(aws_subnet.this) == 0
  root_block_device {
    encrypted   = true
    volume_size = var.settings.size == "large" ? 100 : 20
  }
}
