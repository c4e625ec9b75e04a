variable "services" {
  type = map(object({
    image = string
    cpu   = optional(number, 256)
    env   = optional(map(string), {})
  }))
  default = {
    web = { image = "nginx:1.27", env = { PORT = 80 } }
    job = { image = "busybox:1.36", cpu = 512 }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = var.services
  family                   = each.key
  cpu                      = each.value.cpu
  memory                   = each.value.cpu * 2
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions = jsonencode([
    {
      name                   = each.key
      image                  = each.value.image
      essential              = true
      readonlyRootFilesystem = true
      environment            = [for k, v in each.value.env : { name = k, value = v }]
    }
  ])
}

resource "aws_ecr_repository" "this" {
  for_each             = toset([for s in values(var.services) : split(":", s.image)[0]])
  name                 = each.value
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = aws_ecr_repository.this
  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "keep ${5 + 5}"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 }
      action       = { type = "expire" }
    }]
  })
}
