a = <<EOF
 one
  EOF
b = <<-EOF
    l1
      l2
    EOF
c = <<E
E
