variable "name" {
  type = string
}
variable "subnets" {
  type = map(string)
}
variable "access_points" {
  type    = map(object({ uid = optional(number), path = optional(string, "/") }))
  default = {}
}
variable "lifecycle_policy" {
  type    = any
  default = { transition_to_ia = "AFTER_30_DAYS" }
}

resource "aws_efs_file_system" "this" {
  creation_token   = var.name
  encrypted        = true
  performance_mode = "generalPurpose"
  dynamic "lifecycle_policy" {
    for_each = [for k, v in var.lifecycle_policy : { (k) = v }]
    content {
      transition_to_ia                    = try(lifecycle_policy.value.transition_to_ia, null)
      transition_to_primary_storage_class = try(lifecycle_policy.value.transition_to_primary_storage_class, null)
    }
  }
}

resource "aws_efs_mount_target" "this" {
  for_each       = var.subnets
  file_system_id = aws_efs_file_system.this.id
  subnet_id      = each.value
}

resource "aws_efs_access_point" "this" {
  for_each       = var.access_points
  file_system_id = aws_efs_file_system.this.id
  dynamic "posix_user" {
    for_each = each.value.uid != null ? [each.value.uid] : []
    content {
      uid = posix_user.value
      gid = posix_user.value
    }
  }
  root_directory {
    path = each.value.path
  }
}
