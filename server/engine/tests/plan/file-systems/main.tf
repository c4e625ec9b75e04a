module "shared" {
  source  = "./efs"
  name    = "shared"
  subnets = { a = "subnet-1", b = "subnet-2" }
  access_points = {
    app  = { uid = 1000, path = "/app" }
    root = {}
  }
}
