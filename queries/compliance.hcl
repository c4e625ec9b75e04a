# What a control of NIST SP 800-53 r5 asks for, and the controls of other standards that ask for the same. A rule's page states the
# first; the others follow from here, beside those that it states itself. Left out is what corresponds in part only.
#
# Sources: NIST's own mapping of SP 800-53 r5 to ISO/IEC 27001:2022 (Annex A), NIST SP 800-66 r2 (HIPAA Security Rule, 45 CFR 164), the
# AICPA's Trust Services Criteria of 2017 with the points of focus of 2022 (SOC 2), and article 32 of the GDPR.

control "AC-2" {
  iso-27001-2022 = ["A.5.18"]
  soc-2          = ["CC6.2"]
  hipaa          = ["164.308(a)(4)(ii)(C)"]
}

control "AC-3" {
  iso-27001-2022 = ["A.5.15", "A.8.3"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(a)(1)"]
  gdpr           = ["32(1)(b)"]
}

control "AC-4" {
  iso-27001-2022 = ["A.8.22"]
  soc-2          = ["CC6.6"]
  hipaa          = ["164.312(a)(1)"]
}

control "AC-6" {
  iso-27001-2022 = ["A.5.15", "A.8.2"]
  soc-2          = ["CC6.3"]
  hipaa          = ["164.312(a)(1)"]
}

control "AU-2" {
  iso-27001-2022 = ["A.8.15"]
  soc-2          = ["CC7.2"]
  hipaa          = ["164.312(b)"]
}

control "AU-6" {
  iso-27001-2022 = ["A.8.15"]
  soc-2          = ["CC7.3"]
  hipaa          = ["164.308(a)(1)(ii)(D)"]
}

control "AU-9" {
  iso-27001-2022 = ["A.8.15"]
  soc-2          = ["CC7.2"]
  hipaa          = ["164.312(b)"]
}

control "AU-11" {
  iso-27001-2022 = ["A.8.15"]
  soc-2          = ["CC7.2"]
  hipaa          = ["164.312(b)"]
}

control "AU-12" {
  iso-27001-2022 = ["A.8.15"]
  soc-2          = ["CC7.2"]
  hipaa          = ["164.312(b)"]
}

control "CM-2" {
  iso-27001-2022 = ["A.8.9"]
  soc-2          = ["CC7.1"]
}

control "CM-6" {
  iso-27001-2022 = ["A.8.9"]
  soc-2          = ["CC7.1"]
}

control "CM-7" {
  iso-27001-2022 = ["A.8.9"]
  soc-2          = ["CC6.8"]
}

control "CM-8" {
  iso-27001-2022 = ["A.5.9"]
  soc-2          = ["CC6.1"]
}

control "CP-9" {
  iso-27001-2022 = ["A.8.13"]
  soc-2          = ["A1.2"]
  hipaa          = ["164.308(a)(7)(ii)(A)"]
  gdpr           = ["32(1)(c)"]
}

control "CP-10" {
  iso-27001-2022 = ["A.8.14"]
  soc-2          = ["A1.2"]
  hipaa          = ["164.308(a)(7)(ii)(B)"]
  gdpr           = ["32(1)(c)"]
}

control "IA-2" {
  iso-27001-2022 = ["A.8.5"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(d)"]
}

control "IA-3" {
  iso-27001-2022 = ["A.8.5"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(d)"]
}

control "IA-5" {
  iso-27001-2022 = ["A.5.17"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(d)"]
}

control "IR-6" {
  iso-27001-2022 = ["A.6.8"]
  soc-2          = ["CC7.3"]
  hipaa          = ["164.308(a)(6)(ii)"]
}

control "RA-5" {
  iso-27001-2022 = ["A.8.8"]
  soc-2          = ["CC7.1"]
}

control "SC-7" {
  iso-27001-2022 = ["A.8.20", "A.8.22"]
  soc-2          = ["CC6.6"]
  hipaa          = ["164.312(e)(1)"]
}

control "SC-8" {
  iso-27001-2022 = ["A.8.24"]
  soc-2          = ["CC6.7"]
  hipaa          = ["164.312(e)(1)", "164.312(e)(2)(ii)"]
  gdpr           = ["32(1)(a)"]
}

control "SC-12" {
  iso-27001-2022 = ["A.8.24"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(a)(2)(iv)"]
}

control "SC-17" {
  iso-27001-2022 = ["A.8.24"]
  soc-2          = ["CC6.1"]
}

control "SC-28" {
  iso-27001-2022 = ["A.8.24"]
  soc-2          = ["CC6.1"]
  hipaa          = ["164.312(a)(2)(iv)"]
  gdpr           = ["32(1)(a)"]
}

control "SI-2" {
  iso-27001-2022 = ["A.8.8"]
  soc-2          = ["CC7.1"]
}

control "SI-4" {
  iso-27001-2022 = ["A.8.16"]
  soc-2          = ["CC7.2"]
  hipaa          = ["164.308(a)(1)(ii)(D)"]
}

control "SR-3" {
  iso-27001-2022 = ["A.5.21"]
  soc-2          = ["CC9.2"]
}
