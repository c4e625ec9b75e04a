module "key" {
  source      = "./kms"
  description = "EBS"
  aliases     = ["ebs", "volumes"]
  key_administrators = [
    "arn:aws:iam::123456789012:role/admin",
  ]
  grants = {
    lambda = { grantee = "arn:aws:iam::123456789012:role/lambda", operations = ["Encrypt", "Decrypt"] }
  }
}
