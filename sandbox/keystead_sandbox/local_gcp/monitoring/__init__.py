"""Cloud Monitoring: alert policies, the time series they look at and the incidents they open."""
