module "share" {
  source     = "./efs"
  name       = "share"
  kms_key_id = null
  mount_targets = {
    "eu-central-1a" = { subnet_id = "subnet-0a" }
    "eu-central-1b" = { subnet_id = "subnet-0b" }
  }
  security_group_rules = {
    vpc = { cidr_blocks = ["10.0.0.0/16", "10.1.0.0/16"] }
  }
  access_points = {
    app = {
      posix_user     = { uid = 1001, gid = 1001, secondary_gids = [1002] }
      root_directory = { path = "/app", creation_info = { owner_uid = 1001, owner_gid = 1001, permissions = "755" } }
    }
    root = {}
  }
  lifecycle_policy = {
    transition_to_ia                    = "AFTER_30_DAYS"
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }
}

module "scratch" {
  source               = "./efs"
  name                 = "scratch"
  encrypted            = false
  enable_backup_policy = false
}
