module "cluster" {
  source       = "./cluster"
  cluster_name = "shop"
  cluster_configuration = {
    execute_command_configuration = {
      logging = "OVERRIDE"
      log_configuration = {
        cloud_watch_log_group_name = "/aws/ecs/shop"
      }
    }
  }
  default_capacity_provider_strategy = {
    FARGATE      = { weight = 50, base = 20 }
    FARGATE_SPOT = { weight = 50 }
  }
  services = {
    web = {
      cpu = 512
      containers = {
        app = {
          image       = "public.ecr.aws/nginx/nginx:1.27"
          ports       = [8080]
          environment = { LOG_LEVEL = "info", REGION = "eu-central-1" }
        }
      }
    }
    worker = {
      memory           = 2048
      desired          = 3
      assign_public_ip = true
    }
  }
}
