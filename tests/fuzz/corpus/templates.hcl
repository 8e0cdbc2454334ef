terraform_provider "a" {
  t = "{{ with secret \"a\" }}{{ .Data.x }}{{ end }}"
  u = "{{ env \"X\" }}"
}
vault { address = "http://v:8200" }
