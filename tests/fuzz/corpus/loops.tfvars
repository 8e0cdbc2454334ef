a = [for x in ["p", "q"] : "${x}-1" if x != "p"]
b = { for k, v in { a = 1 } : k => v... }
