a = "${1 + 1}%{ if true }x%{ else }y%{ endif }"
b = <<-EOT
  %{ for x in [1, 2] ~}
  n ${x}
  %{ endfor ~}
  EOT
c = "$${a} %%{b} \u00e9"
