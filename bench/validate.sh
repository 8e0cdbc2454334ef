#!/bin/sh
# How long does `cts validate` take on 10,000 tasks (5 MB), and how much memory?
# Wants the program and GNU time: bench/validate.sh build/release/cts
set -eu

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk 'BEGIN {
  print "terraform_provider \"lb\" { }"
  for (i = 0; i < 10000; ++i) {
    printf "task {\n  name        = \"task_%d\"\n", i
    printf "  description = \"keeps pool %d of the load balancers in step", i
    print " with its services\""
    print "  module      = \"acme/edge-pool/lb\""
    print "  version     = \"2.4.1\"\n  providers   = [\"lb\"]\n"
    print "  # one service for each task\n  condition \"services\" {"
    printf "    names      = [\"web-%d\", \"api-%d\"]\n", i, i
    print "    datacenter = \"dc1\""
    print "    filter     = \"Service.Tags contains \\\"public\\\"\""
    printf "    cts_user_defined_meta {\n      pool = \"%d\"\n    }\n  }\n", i
    printf "  module_input \"consul-kv\" {\n    path    = \"pools/%d\"\n", i
    print "    recurse = true\n  }\n"
    print "  buffer_period {\n    min = \"5s\"\n  }\n}\n"
  }
}' > "$folder/big.hcl"

for _ in 1 2 3 4 5; do
  /usr/bin/time -f '%e s, of that %U s user and %S s system, %M KiB' \
    "$program" validate -config-file="$folder/big.hcl"
done
