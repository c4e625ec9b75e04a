locals {
  len_private = length(var.private_subnets)
  len_public  = max(length(var.public_subnets), 0)
  max_subnets = max(local.len_private, local.len_public)
  nat_count   = var.single_nat_gateway ? 1 : length(var.azs)
  create      = var.create && var.cidr != "0.0.0.0/0"
}

resource "aws_vpc" "this" {
  count                = local.create ? 1 : 0
  cidr_block           = var.cidr
  instance_tenancy     = "default"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge({ "Name" = var.name }, var.tags)
}

resource "aws_subnet" "public" {
  count                   = local.create && local.len_public > 0 && (local.len_public >= length(var.azs)) ? local.len_public : 0
  vpc_id                  = aws_vpc.this[0].id
  cidr_block              = element(concat(var.public_subnets, [""]), count.index)
  availability_zone       = length(regexall("^[a-z]{2}-", element(var.azs, count.index))) > 0 ? element(var.azs, count.index) : null
  map_public_ip_on_launch = false
  tags = merge(
    { Name = try(["front", "back"][count.index], format("${var.name}-public-%s", element(var.azs, count.index))) },
    var.tags,
  )
}

resource "aws_subnet" "private" {
  count             = local.create ? local.len_private : 0
  vpc_id            = try(aws_vpc.this[0].id, "")
  cidr_block        = var.private_subnets[count.index]
  availability_zone = element(var.azs, count.index)
  tags              = merge({ Name = format("${var.name}-private-%s", element(var.azs, count.index)) }, var.tags, var.private_subnet_tags)
}

resource "aws_eip" "nat" {
  count  = local.create && var.enable_nat_gateway ? local.nat_count : 0
  domain = "vpc"
  tags   = merge({ "Name" = format("${var.name}-%s", element(var.azs, var.single_nat_gateway ? 0 : count.index)) }, var.tags)
}

resource "aws_nat_gateway" "this" {
  count         = local.create && var.enable_nat_gateway ? local.nat_count : 0
  allocation_id = element(aws_eip.nat[*].id, var.single_nat_gateway ? 0 : count.index)
  subnet_id     = element(aws_subnet.public[*].id, var.single_nat_gateway ? 0 : count.index)
}

resource "aws_default_network_acl" "this" {
  count                  = local.create && var.manage_default_acl ? 1 : 0
  default_network_acl_id = aws_vpc.this[0].default_network_acl_id
  subnet_ids             = null

  dynamic "ingress" {
    for_each = var.default_acl_ingress
    content {
      action          = ingress.value.action
      cidr_block      = lookup(ingress.value, "cidr_block", null)
      from_port       = ingress.value.from_port
      icmp_code       = lookup(ingress.value, "icmp_code", null)
      ipv6_cidr_block = lookup(ingress.value, "ipv6_cidr_block", null)
      protocol        = ingress.value.protocol
      rule_no         = ingress.value.rule_no
      to_port         = ingress.value.to_port
    }
  }
}

resource "aws_flow_log" "this" {
  count                = local.create && var.flow_log_destination != null ? 1 : 0
  vpc_id               = aws_vpc.this[0].id
  traffic_type         = "ALL"
  log_destination_type = var.flow_log_destination
}
