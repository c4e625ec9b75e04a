data "aws_ami" "debian" {
  most_recent = true
  owners      = ["136693071363"]

  filter {
    name   = "name"
    values = ["debian-12-amd64-*"]
  }
}

resource "aws_instance" "bastion" {
  ami                    = data.aws_ami.debian.id
  instance_type          = "t3.micro"
  subnet_id              = var.private_subnets[0]
  vpc_security_group_ids = [aws_security_group.bastion.id]
}

resource "aws_launch_template" "worker" {
  name          = "${local.name}-worker"
  image_id      = data.aws_ami.debian.id
  instance_type = "c6i.large"

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
}

resource "aws_eks_cluster" "shop" {
  name     = local.name
  role_arn = aws_iam_role.cluster.arn

  vpc_config {
    subnet_ids             = var.private_subnets
    endpoint_public_access = true
  }
}
