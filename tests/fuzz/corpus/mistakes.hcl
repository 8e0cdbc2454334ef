log_level = WARN
