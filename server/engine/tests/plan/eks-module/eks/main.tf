variable "cluster_name" {
  type = string
}
variable "endpoint_public_access" {
  type    = bool
  default = false
}
variable "public_access_cidrs" {
  type    = list(string)
  default = ["0.0.0.0/0"]
}
variable "enabled_log_types" {
  type    = list(string)
  default = ["audit", "api", "authenticator"]
}
variable "encryption_config" {
  type    = any
  default = { resources = ["secrets"] }
}
variable "node_groups" {
  type    = any
  default = {}
}
variable "node_group_defaults" {
  type    = any
  default = { min = 0, max = 1 }
}

locals {
  enable_encryption = length(var.encryption_config) > 0
}

resource "aws_eks_cluster" "this" {
  name                      = var.cluster_name
  role_arn                  = "arn:aws:iam::123456789012:role/eks"
  enabled_cluster_log_types = var.enabled_log_types

  vpc_config {
    subnet_ids              = ["subnet-1", "subnet-2"]
    endpoint_private_access = true
    endpoint_public_access  = var.endpoint_public_access
    public_access_cidrs     = var.endpoint_public_access ? var.public_access_cidrs : null
  }

  dynamic "encryption_config" {
    for_each = local.enable_encryption ? [var.encryption_config] : []
    content {
      provider {
        key_arn = try(encryption_config.value.provider_key_arn, "arn:aws:kms:eu-central-1:123456789012:key/1")
      }
      resources = encryption_config.value.resources
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each        = { for k, v in var.node_groups : k => v if try(v.create, true) }
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = try(each.value.name, each.key)
  node_role_arn   = "arn:aws:iam::123456789012:role/node"
  subnet_ids      = try(each.value.subnet_ids, ["subnet-1"])
  instance_types  = try(each.value.instance_types, var.node_group_defaults.instance_types, null)
  capacity_type   = try(each.value.capacity_type, "ON_DEMAND")
  labels          = merge(try(each.value.labels, {}), { group = each.key })

  scaling_config {
    min_size     = try(each.value.min, var.node_group_defaults.min)
    max_size     = try(each.value.max, var.node_group_defaults.max)
    desired_size = try(each.value.desired, each.value.min, 1)
  }

  dynamic "taint" {
    for_each = { for t in try(each.value.taints, []) : t.key => t }
    content {
      key    = taint.value.key
      value  = try(taint.value.value, null)
      effect = taint.value.effect
    }
  }
}
