return { alias = "put" }
