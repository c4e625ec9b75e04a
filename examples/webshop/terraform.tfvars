environment     = "prod"
vpc_id          = "vpc-0a1b2c3d4e5f60718"
private_subnets = ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]
certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/9d0c7d2e-7c2b-4b8f-9c55-6f1f0a7e2b11"

database = {
  instance_class = "db.m6g.large"
  encrypted      = false
  public         = false
}
