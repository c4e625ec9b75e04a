locals {
  ports = {
    http  = 80
    https = 443
  }
  offices = ["192.0.2.0/24", "198.51.100.0/24"]
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "The front ends"
  vpc_id      = "vpc-12345678"

  dynamic "ingress" {
    for_each = local.ports
    content {
      description = upper(ingress.key)
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }

  ingress {
    description = "ssh"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = concat(local.offices, [cidrsubnet("10.0.0.0/8", 8, 3)])
  }

  egress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_security_group_rule" "offices" {
  count             = length(local.offices)
  security_group_id = aws_security_group.web.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 8080 + count.index
  to_port           = 8080 + count.index
  cidr_blocks       = [local.offices[count.index]]
}

resource "aws_vpc_security_group_ingress_rule" "pairs" {
  for_each          = { for pair in setproduct(keys(local.ports), local.offices) : join("-", pair) => pair }
  security_group_id = aws_security_group.web.id
  ip_protocol       = "tcp"
  from_port         = local.ports[each.value[0]]
  to_port           = lookup(local.ports, each.value[0], 0)
  cidr_ipv4         = each.value[1]
}
