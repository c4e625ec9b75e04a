# Named sets of subjects, for `subject "name" { … }` in rule pages (docs/rule-pages.md, "Subject sets"): for each
# resource type the nested blocks that the rule looks at. An empty path is the resource itself.

# The specification of a pod, wherever one is written. Its containers are `each "container" "init_container" { … }`.
subject "pod-spec" {
  kubernetes_pod                       = "spec"
  kubernetes_pod_v1                    = "spec"
  kubernetes_deployment                = "spec.template.spec"
  kubernetes_deployment_v1             = "spec.template.spec"
  kubernetes_daemonset                 = "spec.template.spec"
  kubernetes_daemon_set_v1             = "spec.template.spec"
  kubernetes_stateful_set              = "spec.template.spec"
  kubernetes_stateful_set_v1           = "spec.template.spec"
  kubernetes_replication_controller    = "spec.template.spec"
  kubernetes_replication_controller_v1 = "spec.template.spec"
  kubernetes_job                       = "spec.template.spec"
  kubernetes_job_v1                    = "spec.template.spec"
  kubernetes_cron_job                  = "spec.job_template.spec.template.spec"
  kubernetes_cron_job_v1               = "spec.job_template.spec.template.spec"
}

# What grants rights to AWS identities. A policy that bounds a role or user grants nothing by itself.
subject "identity-policy" {
  aws_iam_policy       = ""
  aws_iam_role_policy  = ""
  aws_iam_user_policy  = ""
  aws_iam_group_policy = ""

  unless "aws_iam_role" "aws_iam_user" {
    link = "permissions_boundary"
  }
}

# Azure's web apps, functions and their slots.
subject "web-app" {
  azurerm_linux_web_app             = ""
  azurerm_linux_web_app_slot        = ""
  azurerm_windows_web_app           = ""
  azurerm_windows_web_app_slot      = ""
  azurerm_linux_function_app        = ""
  azurerm_linux_function_app_slot   = ""
  azurerm_windows_function_app      = ""
  azurerm_windows_function_app_slot = ""
}
