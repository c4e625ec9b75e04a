variable "hosts" {
  default = ["a.example.com", "b.example.com"]
}

locals {
  motd = <<-EOT
    Welcome
      to ${upper("prod")}
    %{~for h in var.hosts}
    - ${h}
    %{~endfor}
  EOT
}

resource "aws_instance" "this" {
  ami           = "ami-12345678"
  instance_type = "t3.${length(var.hosts) > 1 ? "small" : "micro"}"
  user_data_base64 = base64encode(<<EOT
#!/bin/sh
echo '${join(" ", formatlist("host=%s", var.hosts))}'
%{if contains(var.hosts, "a.example.com")}echo yes%{else}echo no%{endif}
EOT
  )
  metadata_options {
    http_tokens   = "required"
    http_endpoint = "enabled"
  }
  tags = {
    Motd    = trimspace(local.motd)
    Escaped = "$${not} %%{this} \u00e9 \"q\" \\ \t."
    Hash    = substr(sha256("x"), 0, 8)
    (join("", ["Com", "puted"])) = "key"
  }
}
