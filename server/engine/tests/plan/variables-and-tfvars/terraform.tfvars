environment = "prod"
instance = {
  class = "db.t4g.medium"
}
