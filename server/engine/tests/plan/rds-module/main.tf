module "db" {
  source     = "./db"
  identifier = "demo"
  engine     = "mysql"
  parameters = [
    { name = "require_secure_transport", value = "1" },
    { name = "character_set_client", value = "utf8mb4", apply_method = "pending-reboot" },
  ]
  options = [{
    option_name     = "MARIADB_AUDIT_PLUGIN"
    option_settings = [{ name = "SERVER_AUDIT_EVENTS", value = "CONNECT" }]
  }]
  storage_type = "io1"
  iops         = 3000
}
