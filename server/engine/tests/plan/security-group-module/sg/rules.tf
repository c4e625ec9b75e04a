variable "rules" {
  type = map(list(any))
  default = {
    http-80-tcp    = [80, 80, "tcp", "HTTP"]
    https-443-tcp  = [443, 443, "tcp", "HTTPS"]
    postgresql-tcp = [5432, 5432, "tcp", "PostgreSQL"]
    _              = ["", "", ""]
  }
}
