variable "name" {
  type    = string
  default = ""
}

variable "encrypted" {
  type    = bool
  default = true
}

variable "kms_key_id" {
  type    = string
  default = "alias/efs"
}

variable "mount_targets" {
  type    = any
  default = {}
}

variable "security_group_rules" {
  type    = any
  default = {}
}

variable "access_points" {
  type    = any
  default = {}
}

variable "lifecycle_policy" {
  type    = any
  default = {}
}

variable "enable_backup_policy" {
  type    = bool
  default = true
}

resource "aws_efs_file_system" "this" {
  creation_token = var.name
  encrypted      = var.encrypted
  kms_key_id     = var.kms_key_id == "alias/efs" ? null : var.kms_key_id

  dynamic "lifecycle_policy" {
    for_each = [for k, v in var.lifecycle_policy : { (k) = v }]

    content {
      transition_to_ia                    = try(lifecycle_policy.value.transition_to_ia, null)
      transition_to_primary_storage_class = try(lifecycle_policy.value.transition_to_primary_storage_class, null)
    }
  }

  tags = merge({ Name = var.name }, var.encrypted ? {} : { Scratch = "yes" })
}

resource "aws_efs_mount_target" "this" {
  for_each = var.mount_targets

  file_system_id  = aws_efs_file_system.this.id
  ip_address      = try(each.value.ip_address, null)
  subnet_id       = each.value.subnet_id
  security_groups = concat(aws_security_group.this[*].id, try(each.value.security_groups, []))
}

resource "aws_security_group" "this" {
  count = length(var.mount_targets) > 0 ? 1 : 0

  name_prefix = "${var.name}-"
  description = "Of the file system ${var.name}"
}

resource "aws_security_group_rule" "this" {
  for_each = { for k, v in var.security_group_rules : k => v if length(var.mount_targets) > 0 }

  security_group_id = aws_security_group.this[0].id

  type        = try(each.value.type, "ingress")
  from_port   = try(each.value.from_port, 2049)
  to_port     = try(each.value.to_port, 2049)
  protocol    = try(each.value.protocol, "tcp")
  cidr_blocks = lookup(each.value, "cidr_blocks", null)
  self        = lookup(each.value, "self", null)
}

resource "aws_efs_access_point" "this" {
  for_each = var.access_points

  file_system_id = aws_efs_file_system.this.id

  dynamic "posix_user" {
    for_each = try([each.value.posix_user], [])

    content {
      gid            = posix_user.value.gid
      uid            = posix_user.value.uid
      secondary_gids = try(posix_user.value.secondary_gids, null)
    }
  }

  dynamic "root_directory" {
    for_each = try([each.value.root_directory], [])

    content {
      path = try(root_directory.value.path, null)

      dynamic "creation_info" {
        for_each = try([root_directory.value.creation_info], [])

        content {
          owner_gid   = creation_info.value.owner_gid
          owner_uid   = creation_info.value.owner_uid
          permissions = creation_info.value.permissions
        }
      }
    }
  }
}

resource "aws_efs_backup_policy" "this" {
  file_system_id = aws_efs_file_system.this.id

  backup_policy {
    status = var.enable_backup_policy ? "ENABLED" : "DISABLED"
  }
}
