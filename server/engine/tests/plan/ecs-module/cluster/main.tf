variable "cluster_name" {
  type    = string
  default = ""
}

variable "cluster_configuration" {
  type    = any
  default = {}
}

variable "cluster_settings" {
  type = any
  default = [
    { name = "containerInsights", value = "enabled" }
  ]
}

variable "default_capacity_provider_strategy" {
  type = map(object({
    weight = optional(number)
    base   = optional(number)
  }))
  default = {}
}

variable "services" {
  type = map(object({
    cpu              = optional(number, 256)
    memory           = optional(number, 1024)
    desired          = optional(number, 1)
    assign_public_ip = optional(bool, false)
    containers = optional(map(object({
      image       = string
      ports       = optional(list(number), [])
      environment = optional(map(string), {})
      essential   = optional(bool, true)
      readonly    = optional(bool, true)
    })), {})
  }))
  default = {}
}

locals {
  execute_command_configuration = try(var.cluster_configuration.execute_command_configuration, {})
  fallback                      = { image = "public.ecr.aws/docker/library/busybox:1.37", ports = [], environment = {}, essential = true, readonly = true }
  containers = {
    for name, service in var.services : name => [
      for container, settings in(length(service.containers) > 0 ? service.containers : tomap({ main = local.fallback })) : {
        name                   = container
        image                  = settings.image
        essential              = settings.essential
        readonlyRootFilesystem = settings.readonly
        portMappings           = [for port in settings.ports : { containerPort = port, protocol = "tcp" }]
        environment            = [for k in sort(keys(settings.environment)) : { name = k, value = settings.environment[k] }]
      }
    ]
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.cluster_name

  dynamic "configuration" {
    for_each = length(var.cluster_configuration) > 0 ? [var.cluster_configuration] : []

    content {
      dynamic "execute_command_configuration" {
        for_each = length(local.execute_command_configuration) > 0 ? [local.execute_command_configuration] : []

        content {
          kms_key_id = try(execute_command_configuration.value.kms_key_id, null)
          logging    = try(execute_command_configuration.value.logging, "DEFAULT")

          dynamic "log_configuration" {
            for_each = try([execute_command_configuration.value.log_configuration], [])

            content {
              cloud_watch_encryption_enabled = try(log_configuration.value.cloud_watch_encryption_enabled, null)
              cloud_watch_log_group_name     = try(log_configuration.value.cloud_watch_log_group_name, null)
            }
          }
        }
      }
    }
  }

  dynamic "setting" {
    for_each = flatten([var.cluster_settings])

    content {
      name  = setting.value.name
      value = setting.value.value
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  count = length(var.default_capacity_provider_strategy) > 0 ? 1 : 0

  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = distinct(concat(keys(var.default_capacity_provider_strategy)))

  dynamic "default_capacity_provider_strategy" {
    for_each = var.default_capacity_provider_strategy
    iterator = strategy

    content {
      capacity_provider = strategy.key
      base              = strategy.value.base
      weight            = strategy.value.weight
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = var.services

  family                   = "${var.cluster_name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  container_definitions    = jsonencode(local.containers[each.key])
}

resource "aws_ecs_service" "this" {
  for_each = var.services

  name            = each.key
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this[each.key].arn
  desired_count   = each.value.desired

  network_configuration {
    assign_public_ip = each.value.assign_public_ip
    subnets          = ["subnet-0123456789abcdef0"]
  }
}
