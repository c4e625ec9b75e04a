module "sessions" {
  source = "./cache"
  name   = "sessions"
}

module "pages" {
  source     = "./cache"
  name       = "pages"
  transit    = false
  auth_token = null
  parameters = { "maxmemory-policy" = "allkeys-lru", "notify-keyspace-events" = "KEA" }
}
