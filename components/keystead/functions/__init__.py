"""What runs in the cloud: standard library and the cloud's own SDK only, nothing from the provisioning side."""
