module "web" {
  source        = "./sg"
  name          = "web"
  ingress_rules = ["http-80-tcp", "https-443-tcp"]
  ingress_with_cidr_blocks = [
    { rule = "postgresql-tcp", cidr_blocks = "10.0.0.0/8,172.16.0.0/12" },
    { from_port = 8080, to_port = 8090, protocol = "tcp", description = "services", cidr_blocks = "0.0.0.0/0" },
  ]
}
