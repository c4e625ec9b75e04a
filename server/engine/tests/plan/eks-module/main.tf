module "eks" {
  source                 = "./eks"
  cluster_name           = "main"
  endpoint_public_access = true
  enabled_log_types      = ["api", "audit"]
  node_groups = {
    blue = { instance_types = ["m6i.large"], min = 1, max = 3 }
    green = {
      labels = { color = "green" }
      taints = [{ key = "dedicated", value = "gpu", effect = "NO_SCHEDULE" }]
    }
  }
}
