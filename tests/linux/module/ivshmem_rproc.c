// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What an SoC's remoteproc driver is, for a remote core that is a process at the other end of QEMU's ivshmem device:
 * carveouts in the shared memory, a doorbell each way, and the resource table. All else is Linux's own.
 *
 * Without fw= the remote core runs already and is attached to; with it Linux loads that ELF file and starts it.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/remoteproc.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "weft/ivshmem_page.h"

#define BAR_REGISTERS 0
#define BAR_MEMORY 2
#define DOORBELL 12 /* peer << 16 | vector; the remote core is peer 0 */

static char *fw;
module_param(fw, charp, 0444);
MODULE_PARM_DESC(fw, "ELF file to load and start; none: attach to what runs");

static bool deaf;
module_param(deaf, bool, 0644);
MODULE_PARM_DESC(deaf, "do not hear the remote core's bell: for tests");

struct ivshmem_rproc {
	struct device *dev;
	void __iomem *registers;
	struct weft_ivshmem_page *page;
	phys_addr_t address;
};

/* Exported by remoteproc, declared in a header of its own. */
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int notifyid);

static void ring(struct ivshmem_rproc *priv)
{
	wmb(); /* what was written is there when it rings */
	iowrite32(0, priv->registers + DOORBELL);
}

static int add_carveout(struct rproc *rproc, const char *name, u32 offset, u32 size, bool mapped)
{
	struct ivshmem_rproc *priv = rproc->priv;
	phys_addr_t at = priv->address + offset;
	void *va = mapped ? (void *)priv->page + offset : NULL;
	struct rproc_mem_entry *mem;

	mem = rproc_mem_entry_init(priv->dev, va, at, size, at, NULL, NULL, name);
	if (!mem)
		return -ENOMEM;
	rproc_add_carveout(rproc, mem);
	return 0;
}

/* The names are those that remoteproc looks for. The buffers it maps itself. */
static int ivshmem_prepare(struct rproc *rproc)
{
	int ret = add_carveout(rproc, "vdev0vring0", WEFT_IVSHMEM_VRING_0, WEFT_IVSHMEM_VRING_SIZE, true);

	if (!ret)
		ret = add_carveout(rproc, "vdev0vring1", WEFT_IVSHMEM_VRING_1, WEFT_IVSHMEM_VRING_SIZE, true);
	if (!ret)
		ret = add_carveout(rproc, "vdev0buffer", WEFT_IVSHMEM_BUFFERS, WEFT_IVSHMEM_BUFFERS_SIZE, false);
	if (!ret)
		ret = add_carveout(rproc, "firmware", WEFT_IVSHMEM_FIRMWARE, WEFT_IVSHMEM_FIRMWARE_SIZE, true);
	return ret;
}

static struct resource_table *loaded_table(struct ivshmem_rproc *priv)
{
	return (void *)priv->page + WEFT_IVSHMEM_FIRMWARE;
}

static struct resource_table *ivshmem_get_loaded_rsc_table(struct rproc *rproc, size_t *size)
{
	struct ivshmem_rproc *priv = rproc->priv;

	*size = READ_ONCE(priv->page->table_size);
	if (*size < sizeof(struct resource_table) || *size > WEFT_IVSHMEM_FIRMWARE_SIZE)
		return ERR_PTR(-EINVAL);
	return loaded_table(priv);
}

/*
 * It runs already. A recovery detaches and attaches without a look at the table (rproc_attach_recovery()): Linux
 * would go on with its copy, which the remote core does not see, and has freed clean_table, which it would write to the
 * remote core and free again in the next recovery.
 */
static int ivshmem_attach(struct rproc *rproc)
{
	struct resource_table *table = loaded_table(rproc->priv);

	if (rproc->table_ptr == table)
		return 0;
	kfree(rproc->cached_table);
	rproc->cached_table = NULL;
	rproc->table_ptr = table;
	rproc->clean_table = kmemdup(table, rproc->table_sz, GFP_KERNEL);
	return rproc->clean_table ? 0 : -ENOMEM;
}

static int ivshmem_detach(struct rproc *rproc)
{
	return 0; /* and runs on */
}

static int ivshmem_start(struct rproc *rproc)
{
	struct ivshmem_rproc *priv = rproc->priv;

	WRITE_ONCE(priv->page->boot, (u32)rproc->bootaddr);
	ring(priv);
	return 0;
}

static int ivshmem_stop(struct rproc *rproc)
{
	struct ivshmem_rproc *priv = rproc->priv;

	WRITE_ONCE(priv->page->boot, 0);
	ring(priv);
	return 0;
}

static void ivshmem_kick(struct rproc *rproc, int vqid)
{
	ring(rproc->priv);
}

static const struct rproc_ops ivshmem_ops = {
	.prepare = ivshmem_prepare,
	.get_loaded_rsc_table = ivshmem_get_loaded_rsc_table,
	.attach = ivshmem_attach,
	.detach = ivshmem_detach,
	.start = ivshmem_start,
	.stop = ivshmem_stop,
	.kick = ivshmem_kick,
};

/* In a thread: rpmsg's callbacks take mutexes. One bell for both rings. */
static irqreturn_t bell(int irq, void *data)
{
	struct rproc *rproc = data;
	int id;

	if (READ_ONCE(deaf))
		return IRQ_HANDLED;
	for (id = 0; id <= rproc->max_notifyid; id++)
		rproc_vq_interrupt(rproc, id);
	return IRQ_HANDLED;
}

static irqreturn_t fault(int irq, void *data)
{
	rproc_report_crash(data, RPROC_FATAL_ERROR);
	return IRQ_HANDLED;
}

static int request_irqs(struct pci_dev *pci, struct rproc *rproc)
{
	int ret = pci_alloc_irq_vectors(pci, WEFT_IVSHMEM_VECTORS, WEFT_IVSHMEM_VECTORS, PCI_IRQ_MSIX);

	if (ret < 0)
		return ret;
	ret = devm_request_threaded_irq(&pci->dev, pci_irq_vector(pci, WEFT_IVSHMEM_BELL), NULL, bell, IRQF_ONESHOT,
	                                "ivshmem_rproc", rproc);
	if (ret)
		return ret;
	return devm_request_threaded_irq(&pci->dev, pci_irq_vector(pci, WEFT_IVSHMEM_FAULT), NULL, fault, IRQF_ONESHOT,
	                                 "ivshmem_rproc fault", rproc);
}

static int map(struct pci_dev *pci, struct ivshmem_rproc *priv)
{
	priv->dev = &pci->dev;
	priv->address = pci_resource_start(pci, BAR_MEMORY);
	priv->registers =
		devm_ioremap(&pci->dev, pci_resource_start(pci, BAR_REGISTERS), pci_resource_len(pci, BAR_REGISTERS));
	/* Normal memory, not cached: rings and payloads are copied with unaligned accesses. */
	priv->page = (__force void *)devm_ioremap_wc(&pci->dev, priv->address, WEFT_IVSHMEM_SIZE);
	if (!priv->registers || !priv->page)
		return -ENOMEM;
	if (pci_resource_len(pci, BAR_MEMORY) != WEFT_IVSHMEM_SIZE ||
	    READ_ONCE(priv->page->magic) != WEFT_IVSHMEM_MAGIC)
		return dev_err_probe(&pci->dev, -ENODEV, "nobody has written its page\n");
	return 0;
}

static int ivshmem_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct ivshmem_rproc *priv;
	struct rproc *rproc;
	int ret = pcim_enable_device(pci);

	if (ret)
		return ret;
	pci_set_master(pci);
	rproc = devm_rproc_alloc(&pci->dev, "weft-remote", &ivshmem_ops, fw, sizeof(*priv));
	if (!rproc)
		return -ENOMEM;
	priv = rproc->priv;
	ret = map(pci, priv);
	if (!ret)
		ret = request_irqs(pci, rproc);
	if (ret)
		return ret;
	pci_set_drvdata(pci, rproc);
	rproc->auto_boot = true;
	if (!fw) {
		rproc->state = RPROC_DETACHED;
		set_bit(RPROC_FEAT_ATTACH_ON_RECOVERY, rproc->features);
	}
	WRITE_ONCE(priv->page->address, (u32)priv->address);
	ring(priv);
	return rproc_add(rproc);
}

static void ivshmem_remove(struct pci_dev *pci)
{
	struct rproc *rproc = pci_get_drvdata(pci);
	struct ivshmem_rproc *priv = rproc->priv;

	rproc_del(rproc);
	WRITE_ONCE(priv->page->address, 0);
	ring(priv);
}

static const struct pci_device_id ivshmem_ids[] = { { PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110) }, {} };
MODULE_DEVICE_TABLE(pci, ivshmem_ids);

static struct pci_driver ivshmem_driver = {
	.name = "ivshmem_rproc",
	.id_table = ivshmem_ids,
	.probe = ivshmem_probe,
	.remove = ivshmem_remove,
};
module_pci_driver(ivshmem_driver);

MODULE_DESCRIPTION("A remote core at the other end of QEMU's ivshmem device");
MODULE_LICENSE("Dual MIT/GPL");
