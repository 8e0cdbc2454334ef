{"port": 1, "task": [{"name": "a", "module": "m"}]}
