"""Cloud Scheduler: jobs and their cron schedules."""
