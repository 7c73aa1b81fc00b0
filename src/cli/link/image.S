/* What a host by ssh:// is given: boot.sh, and the worker of this very machine, stripped. */
	.section .rodata
	.global image_script, image_script_end, image_worker, image_worker_end
image_script:
	.incbin "src/cli/link/boot.sh"
image_script_end:
image_worker:
	.incbin "ddump-worker.image"
image_worker_end:
	.section .note.GNU-stack, "", %progbits
