# Named sets of subjects, for `subject "name" { … }` in rule pages (docs/rule-pages.md, "Subject sets"): for each
# resource type the nested blocks that the rule looks at. An empty path is the resource itself.
# `combined` stands for types whose names have a system: every `before` + `of` + `with`, the resource itself. `unless`
# is that of a check block, for all rules on the set.

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

# Google's grants: who has which role on what, one member, all of a role, or the whole policy.
subject "google-grant" {
  combined {
    with = ["_iam_member", "_iam_binding", "_iam_policy"]
    of = [
      "access_context_manager_access_policy", "api_gateway_api", "api_gateway_api_config", "api_gateway_gateway", "apigee_environment",
      "artifact_registry_repository", "beyondcorp_security_gateway", "beyondcorp_security_gateway_application", "biglake_hive_catalog",
      "biglake_hive_database", "biglake_hive_table", "biglake_iceberg_catalog", "biglake_iceberg_namespace", "biglake_iceberg_table",
      "bigquery_analytics_hub_data_exchange", "bigquery_analytics_hub_listing", "bigquery_connection", "bigquery_datapolicy_data_policy",
      "bigquery_datapolicyv2_data_policy", "bigquery_dataset", "bigquery_routine", "bigquery_table", "bigtable_instance", "bigtable_table",
      "billing_account", "binary_authorization_attestor", "cloud_run_service", "cloud_run_v2_job", "cloud_run_v2_service", "cloud_run_v2_worker_pool",
      "cloud_tasks_queue", "cloudbuildv2_connection", "clouddeploy_custom_target_type", "clouddeploy_delivery_pipeline", "clouddeploy_target",
      "cloudfunctions2_function", "cloudfunctions_function", "colab_runtime_template", "compute_backend_bucket", "compute_backend_service", "compute_disk",
      "compute_firewall_policy", "compute_image", "compute_instance", "compute_instance_template", "compute_instant_snapshot", "compute_machine_image",
      "compute_network_firewall_policy", "compute_region_backend_bucket", "compute_region_backend_service", "compute_region_disk",
      "compute_region_instant_snapshot", "compute_region_network_firewall_policy", "compute_snapshot", "compute_storage_pool", "compute_subnetwork",
      "container_analysis_note", "data_catalog_entry_group", "data_catalog_policy_tag", "data_catalog_tag_template", "data_catalog_taxonomy",
      "data_fusion_instance", "dataform_repository", "dataplex_aspect_type", "dataplex_asset", "dataplex_data_product", "dataplex_datascan",
      "dataplex_entry_group", "dataplex_entry_type", "dataplex_glossary", "dataplex_lake", "dataplex_task", "dataplex_zone", "dataproc_autoscaling_policy",
      "dataproc_cluster", "dataproc_job", "dataproc_metastore_database", "dataproc_metastore_federation", "dataproc_metastore_service",
      "dataproc_metastore_table", "discovery_engine_search_engine", "dns_managed_zone", "endpoints_service", "endpoints_service_consumers",
      "eventarc_pipeline", "folder", "gemini_data_analytics_data_agent", "gemini_repository_group", "gke_backup_backup_plan", "gke_backup_restore_plan",
      "gke_hub_feature", "gke_hub_membership", "gke_hub_scope", "healthcare_consent_store", "healthcare_dataset", "healthcare_dicom_store",
      "healthcare_fhir_store", "healthcare_hl7_v2_store", "iam_workforce_pool", "iam_workload_identity_pool", "iap_agent_registry",
      "iap_agent_registry_agent", "iap_agent_registry_endpoint", "iap_agent_registry_mcp_server", "iap_app_engine_service", "iap_app_engine_version",
      "iap_location_web", "iap_tunnel", "iap_tunnel_dest_group", "iap_tunnel_instance", "iap_web", "iap_web_backend_service", "iap_web_cloud_run_service",
      "iap_web_forwarding_rule_service", "iap_web_region_backend_service", "iap_web_region_forwarding_rule_service", "iap_web_type_app_engine",
      "iap_web_type_compute", "kms_crypto_key", "kms_ekm_connection", "kms_key_ring", "logging_log_view", "network_connectivity_hub",
      "network_security_address_group", "organization", "privateca_ca_pool", "privateca_certificate_template", "project", "pubsub_schema",
      "pubsub_subscription", "pubsub_topic", "runtimeconfig_config", "scc_source", "scc_v2_organization_source", "secret_manager_regional_secret",
      "secret_manager_secret", "secure_source_manager_instance", "secure_source_manager_repository", "service_account", "service_directory_namespace",
      "service_directory_service", "sourcerepo_repository", "spanner_database", "spanner_instance", "storage_bucket", "storage_managed_folder",
      "tags_tag_key", "tags_tag_value", "vertex_ai_endpoint", "vertex_ai_feature_group", "vertex_ai_feature_online_store",
      "vertex_ai_feature_online_store_featureview", "vertex_ai_featurestore", "vertex_ai_featurestore_entitytype", "vertex_ai_reasoning_engine",
      "workbench_instance", "workstations_workstation", "workstations_workstation_config"
    ]
    before = "google_"
  }
}
