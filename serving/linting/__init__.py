"""What is wrong with the files of a policy, all of it at once: `outreach policy lint`."""
