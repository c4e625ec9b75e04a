locals {
  sizes = { dev = "t3.small", prod = "m7g.large" }
  env   = "prod"
  disks = [{ name = "/dev/xvda", size = 20 }, { name = "/dev/xvdb", size = 100, type = "gp2" }]
}

resource "aws_launch_template" "this" {
  name_prefix            = "web-"
  image_id               = "ami-12345678"
  instance_type          = lookup(local.sizes, local.env)
  update_default_version = true

  dynamic "block_device_mappings" {
    for_each = local.disks
    content {
      device_name = block_device_mappings.value.name
      ebs {
        volume_size = block_device_mappings.value.size
        volume_type = lookup(block_device_mappings.value, "type", "gp3")
        encrypted   = true
      }
    }
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "web" }
  }
}

resource "aws_autoscaling_group" "this" {
  name               = "web"
  min_size           = local.env == "prod" ? 2 : 1
  max_size           = signum(-3) + 5
  availability_zones = [for z in ["a", "b"] : "eu-central-1${z}"]

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }

  dynamic "tag" {
    for_each = merge({ Team = "web" }, { for k in ["A", "B"] : k => lower(k) })
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}
