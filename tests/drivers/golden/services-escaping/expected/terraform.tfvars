# Generated for Consul-Terraform-Sync from its configuration and from Consul.
# Do not edit: the file is rewritten, and edits are lost.
#
# Task: edge-lb
# Description: keep the edge pool in sync

services = {
  "web-1.node-a.team-a.dc1" = {
    id      = "web-1"
    name    = "web"
    kind    = "connect-proxy"
    address = "10.1.0.50"
    port    = 0
    meta = {
      "1digit"       = "v"
      "a.b"          = "v"
      bs             = "C:\\dir"
      ctl            = "\u0001\u200b"
      dash-key       = "v"
      emoji          = "😀"
      "k with space" = "v"
      nl             = "a\nb\r\n\tc"
      quote          = "say \"hi\""
      tmpl           = "$${x} $x %%{y} 100%"
      under_score    = "v"
      uni            = "café ☕ 日本"
    }
    tags                  = ["$${z}", "a\"b", "c,d"]
    namespace             = "team-a"
    status                = "passing"
    node                  = "node-a"
    node_id               = "11111111-aaaa-bbbb-cccc-000000000001"
    node_address          = "10.1.0.11"
    node_datacenter       = "dc1"
    node_tagged_addresses = {}
    node_meta             = {}
    cts_user_defined_meta = {}
  },
}
