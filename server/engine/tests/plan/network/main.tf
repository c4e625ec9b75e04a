variable "cidr" {
  default = "10.20.0.0/16"
}

variable "zones" {
  type    = list(string)
  default = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  tags                 = { Name = "main" }
}

resource "aws_subnet" "private" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)
  availability_zone = var.zones[count.index]
  tags              = { Name = format("private-%s", substr(var.zones[count.index], -1, 1)) }
}

resource "aws_subnet" "public" {
  for_each                = toset(slice(var.zones, 0, 2))
  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnets(var.cidr, 4, 4, 4, 8, 8)[3 + index(var.zones, each.key)]
  availability_zone       = each.value
  map_public_ip_on_launch = true
}

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = aws_subnet.private[*].id

  dynamic "ingress" {
    for_each = [for i, zone in var.zones : { number = 100 + i * 10, cidr = cidrsubnet(var.cidr, 4, i) }]
    iterator = rule
    content {
      rule_no    = rule.value.number
      action     = "allow"
      protocol   = "tcp"
      cidr_block = rule.value.cidr
      from_port  = 0
      to_port    = 65535
    }
  }
}

resource "aws_flow_log" "main" {
  count                = var.cidr != "" ? 1 : 0
  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination      = "arn:aws:s3:::flow-logs"
  log_destination_type = "s3"
}
