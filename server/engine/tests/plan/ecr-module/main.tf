locals {
  names = ["api", "worker"]
}

module "repository" {
  source   = "./repository"
  for_each = toset(local.names)

  repository_name                 = "shop/${each.key}"
  repository_image_tag_mutability = each.key == "api" ? "IMMUTABLE" : "MUTABLE"
  repository_read_access_arns     = ["arn:aws:iam::123456789012:role/${each.value}"]
  repository_lifecycle_policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 30"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 30 }
      action       = { type = "expire" }
    }]
  })
}
